# edgetpu_sim. `make help` lists what there is to make.

# --- what a person or a packager may set ---
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
CXX     ?= c++
CFLAGS  ?= -O3 -g
# address, undefined or thread: everything is built with that sanitizer, in a folder of its own
SAN     ?=
# 1: warnings are errors
WERROR  ?=
# D3, the library that draws the charts of the HTML page and stands in it: Debian's node-d3, or any d3.min.js of version 5 to 7
D3      ?= /usr/share/nodejs/d3/dist/d3.min.js
TRUTH_DIR ?= $(if $(wildcard ../shared/truth),../shared/truth,test/truth)
# of the Python module; by default the first one with numpy
PYTHON  ?= $(shell for p in python3 /usr/bin/python3; do $$p -c 'import numpy' 2>/dev/null && echo $$p && exit; done; echo python3)
PYTHONDIR ?= $(PREFIX)/lib/python$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')/site-packages

# --- where things go ---
compiler := $(notdir $(firstword $(CC)))
BUILD   ?= build$(if $(SAN),/san-$(SAN))$(if $(filter-out cc gcc,$(compiler)),/$(compiler))
header  := include/edgetpu_sim/edgetpu_sim.h
version  = $(shell sed -n 's/^.define ETS_VERSION_$(1) *//p' $(header))
VERSION := $(call version,MAJOR).$(call version,MINOR).$(call version,PATCH)
soname  := libedgetpu_sim.so.$(call version,MAJOR)
datadir := $(PREFIX)/share/edgetpu_sim
docdir  := $(PREFIX)/share/doc/edgetpu_sim
# of bash, zsh and fish, where each looks for completions
completions := bash-completion/completions/edgetpu-sim zsh/site-functions/_edgetpu-sim fish/vendor_completions.d/edgetpu-sim.fish

# --- flags ---
warnings := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wredundant-decls -Wcast-qual \
            -Wcast-align -Wundef -Wpointer-arith -Wvla -Wformat=2 -Wswitch-enum -Wconversion -Wno-sign-conversion \
            $(if $(WERROR),-Werror)
sanitize := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
flags    := -std=c11 -pthread -D_POSIX_C_SOURCE=200809L $(warnings) $(sanitize) -fPIC -fvisibility=hidden -Iinclude -Ilib
libs     := -lyaml -lz -lm -pthread

lib_objects  := $(patsubst %.c,$(BUILD)/%.o,$(wildcard lib/*.c lib/*/*.c))
cli_objects  := $(patsubst %.c,$(BUILD)/%.o,$(wildcard cli/*.c))
# the networks that were measured: for `truth` and for tests
networks     := $(addprefix tools/truth/,cifar.c densenet.c grid.c machines.c nasbench201.c net.c networks.c stacks.c table.c)
test_objects := $(patsubst %.c,$(BUILD)/%.o,$(wildcard test/*.c test/unit/*.c test/ref/*.c) bench/nasbench201.c $(networks))
fuzz_objects := $(patsubst %.c,$(BUILD)/%.o,$(wildcard test/fuzz/*.c) test/ref/plain_engine.c cli/json_line.c)
static := $(BUILD)/libedgetpu_sim.a
shared := $(BUILD)/libedgetpu_sim.so.$(VERSION)
program := $(BUILD)/edgetpu-sim

all: $(static) $(shared) $(program)

$(static): $(lib_objects)
	@rm -f $@
	$(AR) rcs $@ $^
$(shared): $(lib_objects) lib/edgetpu_sim.map
	$(CC) $(sanitize) $(LDFLAGS) -shared -Wl,-soname,$(soname) -Wl,--version-script=lib/edgetpu_sim.map -o $@ $(lib_objects) $(libs)
$(program): $(cli_objects) $(static)
	$(CC) $(sanitize) $(LDFLAGS) -o $@ $^ $(libs) -lm -lpthread
$(BUILD)/unit-tests: $(test_objects) $(static)
	$(CC) $(sanitize) $(LDFLAGS) -o $@ $^ $(libs) -lcheck -lm -lpthread -lrt $(shell pkg-config --libs-only-l check 2>/dev/null)
$(BUILD)/fuzz-replay: $(filter-out %/libfuzzer.o,$(fuzz_objects)) $(static)
	$(CC) $(sanitize) $(LDFLAGS) -o $@ $^ $(libs)
# All fuzzers in one program; by `make fuzz` only, which needs clang.
$(BUILD)/fuzzer: $(filter-out %/replay.o,$(fuzz_objects)) $(static)
	$(CC) $(sanitize) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(libs)
$(BUILD)/test/%.o: test/%.c
	@mkdir -p $(@D)
	$(CC) $(filter-out -Wmissing-prototypes -Wconversion,$(flags)) -I. -Itest $(CFLAGS) -MMD -MP -c -o $@ $<
# The page's files as lists of bytes, for #include
bytes_of = od -An -v -tx1 $(1) | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
$(BUILD)/report/%.inc: lib/report/page/%
	@mkdir -p $(@D)
	$(call bytes_of,$<) > $@
$(BUILD)/report/d3.js.inc: $(wildcard $(D3))
	@mkdir -p $(@D)
	@test -s '$(D3)' || { echo "edgetpu_sim: there is no '$(D3)': install the package node-d3 ('make setup' does that on Debian), or get" \
	    "d3.min.js (version 5 to 7, https://d3js.org) and say where it is: make D3=/where/it/is/d3.min.js" >&2; exit 1; }
	@! grep -qi '</script' '$(D3)' || { echo "edgetpu_sim: '$(D3)' holds '</script': it cannot stand in a page" >&2; exit 1; }
	$(call bytes_of,'$(D3)') > $@
$(BUILD)/lib/report/report_html.o: $(patsubst %,$(BUILD)/report/%.inc,page.html page.css page.js d3.js d3-licence.txt)
$(BUILD)/lib/report/report_html.o: flags += -I$(BUILD)
# The library knows where it will be installed: with another PREFIX that part of it is built anew
$(BUILD)/datadir: always
	@mkdir -p $(@D)
	@echo '$(datadir)' | cmp -s - $@ || echo '$(datadir)' > $@
always:
$(BUILD)/lib/io/data.o: $(BUILD)/datadir
$(BUILD)/lib/io/data.o: flags += -DETS_DATADIR='"$(datadir)"'
$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(flags) $(CFLAGS) -MMD -MP -c -o $@ $<
-include $(patsubst %.o,%.d,$(lib_objects) $(cli_objects) $(test_objects) $(fuzz_objects) $(patsubst %.c,$(BUILD)/%.o,$(wildcard bench/*.c tools/truth/*.c)))

# --- for a fresh machine: each does its own set-up ---
setup:
	@sh tools/setup.sh build
demo:
	@sh tools/setup.sh build
	@$(MAKE) --no-print-directory -s -j2 all
	$(program) profile efficientnet-edgetpu-s --arch coral-usb
check:
	@sh tools/setup.sh check
	@$(MAKE) --no-print-directory -s -j2 all $(BUILD)/unit-tests $(BUILD)/fuzz-replay
	@BUILD=$(BUILD) SAN=$(SAN) CC="$(CC)" CXX="$(CXX)" PYTHON="$(PYTHON)" sh test/check.sh
layers headers symbols readme python:
	@BUILD=$(BUILD) CC="$(CC)" CXX="$(CXX)" PYTHON="$(PYTHON)" sh test/$@.sh
fuzz-replay: $(BUILD)/fuzz-replay
	$(BUILD)/fuzz-replay test/fuzz/corpora
# --- libFuzzer: TIME seconds of each fuzzer, or of FUZZ ---
TIME ?= 60
# A fuzzer learns from the comparisons of what reads bytes; those of the engine say nothing, and cost two thirds of the time
simulated := graph timing schedule engine predict report
$(foreach room,$(simulated),$(BUILD)/lib/$(room)/%.o) $(BUILD)/test/%.o: flags += $(if $(findstring fuzzer,$(SAN)),-fno-sanitize-coverage=trace-cmp)
fuzz:
	@sh tools/setup.sh fuzz
	@$(MAKE) --no-print-directory -s -j2 BUILD=build/fuzz CC=clang SAN=fuzzer-no-link,address,undefined build/fuzz/fuzzer
	@TIME="$(TIME)" FUZZ="$(FUZZ)" DIR=build/fuzz sh test/fuzz.sh

# --- memory that nobody wrote: what the fuzzers replay, and their changes. libyaml, zlib and Check are not built for this sanitizer: what
# the first two write is taken as written (base/mem.h), tests by Check cannot run. Blocks count as written, as eti_alloc() clears them ---
memory:
	@sh tools/setup.sh fuzz
	@$(MAKE) --no-print-directory -s -j2 CC=clang SAN=memory build/san-memory/clang/fuzz-replay
	MSAN_OPTIONS=poison_in_malloc=0 build/san-memory/clang/fuzz-replay test/fuzz/corpora
valgrind:
	@sh tools/setup.sh check
	@command -v valgrind >/dev/null || { echo "make valgrind needs the package valgrind"; exit 1; }
	@$(MAKE) --no-print-directory -s -j2 all $(BUILD)/unit-tests
	@BUILD=$(BUILD) EDGETPU_SIM_DATA=$(CURDIR) sh test/valgrind.sh

# --- each request for memory fails in turn (test/unit/test_nomem.c), each object of an arena and each of the first elements of a list by itself ---
nomem:
	@sh tools/setup.sh check
	@$(MAKE) --no-print-directory -s -j2 BUILD=build/nomem SAN=address \
	    CFLAGS="-O1 -g -DETI_ONE_OBJECT_A_REQUEST" build/nomem/unit-tests
	CK_TIMEOUT_MULTIPLIER=50 build/nomem/unit-tests nomem nomem_threads

# --- static analysis: no finding, none suppressed ---
analyse:
	@sh tools/setup.sh analyse
	cppcheck --std=c11 --enable=warning,performance,portability --suppress=missingIncludeSystem --error-exitcode=1 -q \
	    -Iinclude -Ilib -DETS_DATADIR='"$(datadir)"' lib cli

man: all
	python3 -B tools/make_man.py $(program) man

# --- longer than a test may take: see docs/TESTING.md ---
# the same figures from gcc and clang, -O0 to -O3, 32 bits, big-endian
portable:
	@sh test/portable.sh $(ROWS)
# lines and branches of lib/ that tests reach
coverage:
	@sh tools/setup.sh coverage
	@sh test/coverage.sh
# one changed constant, comparison or sum of the timing code at a time: does a test notice?
mutation:
	@python3 tools/mutate.py $(MUTATE)

study: all
	@BUILD=$(BUILD) sh tools/study.sh

# --- benchmarks: Google Benchmark behind a C shim ---
bench:
	@sh tools/setup.sh bench
	@$(MAKE) --no-print-directory -s -j2 $(BUILD)/bench-all
	$(BUILD)/bench-all
bench-json:
	@sh tools/setup.sh bench
	@$(MAKE) --no-print-directory -s -j2 $(BUILD)/bench-all
	$(BUILD)/bench-all --benchmark_out=$(BUILD)/bench.json --benchmark_out_format=json
$(BUILD)/bench-all: $(patsubst %.c,$(BUILD)/%.o,$(wildcard bench/*.c)) $(BUILD)/bench/bench_shim.o $(static)
	$(CXX) -o $@ $^ $(libs) -lbenchmark -lpthread
$(BUILD)/bench/bench_shim.o: bench/bench_shim.cc bench/bench.h
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -O2 -Wall -Wextra -c -o $@ $<

# --- how far from measured devices: every row of the tables in TRUTH_DIR; writes docs/ACCURACY.md ---
$(BUILD)/truth: $(patsubst %.c,$(BUILD)/%.o,$(wildcard tools/truth/*.c)) $(static)
	$(CC) $(sanitize) $(LDFLAGS) -o $@ $^ $(libs) -lm
truth:
	@sh tools/setup.sh build
	@$(MAKE) --no-print-directory -s -j2 $(BUILD)/truth
	$(BUILD)/truth --data . --markdown docs/ACCURACY.md $(TRUTH_DIR)
# --- the values that are fitted, fitted again; prints them and changes nothing. KEYS='coral-pcie:*': these only ---
calibrate:
	@sh tools/setup.sh build
	@$(MAKE) --no-print-directory -s -j2 all $(BUILD)/truth
	python3 -B tools/calibrate.py --keys '$(or $(KEYS),*)' $(TRUTH_DIR)

# --- installing ---
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include/edgetpu_sim $(DESTDIR)$(PREFIX)/lib/pkgconfig \
	    $(DESTDIR)$(datadir)/arch $(DESTDIR)$(datadir)/models $(DESTDIR)$(datadir)/schema $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(program) $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(header) $(DESTDIR)$(PREFIX)/include/edgetpu_sim/
	install -m 644 $(static) $(DESTDIR)$(PREFIX)/lib/
	install -m 755 $(shared) $(DESTDIR)$(PREFIX)/lib/
	ln -sf libedgetpu_sim.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib/$(soname)
	ln -sf $(soname) $(DESTDIR)$(PREFIX)/lib/libedgetpu_sim.so
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' edgetpu_sim.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/edgetpu_sim.pc
	install -m 644 arch/*.yaml $(DESTDIR)$(datadir)/arch/
	install -m 644 models/*.yaml $(DESTDIR)$(datadir)/models/
	install -m 644 share/schema/*.json $(DESTDIR)$(datadir)/schema/
	install -D -m 644 LICENSE $(DESTDIR)$(docdir)/LICENSE
	install -D -m 644 lib/report/page/d3-licence.txt $(DESTDIR)$(docdir)/d3-licence.txt
	install -m 644 man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -D -m 644 share/completion/edgetpu-sim.bash $(DESTDIR)$(PREFIX)/share/$(word 1,$(completions))
	install -D -m 644 share/completion/_edgetpu-sim $(DESTDIR)$(PREFIX)/share/$(word 2,$(completions))
	install -D -m 644 share/completion/edgetpu-sim.fish $(DESTDIR)$(PREFIX)/share/$(word 3,$(completions))
# The module beside the installed library; `pip install ./python` is the other way, with a library of its own.
install-python:
	install -d $(DESTDIR)$(PYTHONDIR)/edgetpu_sim
	install -m 644 python/edgetpu_sim/*.py python/edgetpu_sim/py.typed $(DESTDIR)$(PYTHONDIR)/edgetpu_sim/
uninstall:
	rm -rf $(DESTDIR)$(PYTHONDIR)/edgetpu_sim
	rm -rf $(DESTDIR)$(datadir) $(DESTDIR)$(docdir) $(DESTDIR)$(PREFIX)/include/edgetpu_sim
	rm -f $(DESTDIR)$(PREFIX)/bin/edgetpu-sim $(DESTDIR)$(PREFIX)/lib/libedgetpu_sim.* \
	    $(DESTDIR)$(PREFIX)/lib/pkgconfig/edgetpu_sim.pc $(DESTDIR)$(PREFIX)/share/man/man1/edgetpu-sim.1 $(DESTDIR)$(PREFIX)/share/man/man1/edgetpu-sim-*.1 \
	    $(addprefix $(DESTDIR)$(PREFIX)/share/,$(completions))

clean:
	rm -rf build

help:
	@echo "make               build/libedgetpu_sim.a, the shared library, build/edgetpu-sim"
	@echo "                   D3=$(D3)  (charts of the HTML page)"
	@echo "make demo          set up what is missing, build, profile EfficientNet-EdgeTPU-S"
	@echo "make check         set up what is missing, build, run every test (SAN=address|undefined|thread)"
	@echo "make man           the man pages, of man/text and --help"
	@echo "make study         the sweeps of docs/STUDY.md, and that page"
	@echo "make bench         benchmarks; bench-json writes a file"
	@echo "make truth         compares with the measured figures in TRUTH_DIR=$(TRUTH_DIR); writes docs/ACCURACY.md"
	@echo "make install       PREFIX=$(PREFIX) DESTDIR=; uninstall takes it back"
	@echo "make install-python   the Python module, beside the installed library"
	@echo "make layers headers symbols readme python fuzz-replay   single checks"
	@echo "make analyse       cppcheck on lib/ and cli/"
	@echo "make portable      the same figures from gcc, clang, -O0 to -O3, 32 bits, big-endian"
	@echo "make coverage      lines and branches of lib/ that the tests reach"
	@echo "make mutation      which changes of the timing code the tests notice (MUTATE='--count 120 --seed 1')"
	@echo "make fuzz          libFuzzer (clang): TIME=60 seconds of each fuzzer, or of FUZZ=name"
	@echo "make nomem memory valgrind   each request for memory fails in turn; MemorySanitizer; valgrind"
	@echo "make clean"

.PHONY: all always nomem memory valgrind portable coverage mutation analyse man study setup demo truth calibrate check layers headers symbols readme python fuzz fuzz-replay bench bench-json install install-python uninstall \
        clean help
