# edgetpu_sim: make builds build/libedgetpu_sim.a and build/edgetpu-sim
BUILD ?= build
CFLAGS ?= -O2 -g
FLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Iinclude -Ilib
LIB = $(patsubst %.c,$(BUILD)/%.o,$(wildcard lib/*.c lib/*/*.c))
CLI = $(patsubst %.c,$(BUILD)/%.o,$(wildcard cli/*.c))
all: $(BUILD)/edgetpu-sim
$(BUILD)/libedgetpu_sim.a: $(LIB)
	$(AR) rcs $@ $^
$(BUILD)/edgetpu-sim: $(CLI) $(BUILD)/libedgetpu_sim.a
	$(CC) $(CFLAGS) -o $@ $^ -lyaml -lz
$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(CFLAGS) -MMD -c -o $@ $<
-include $(LIB:.o=.d) $(CLI:.o=.d)
clean:
	rm -rf $(BUILD)
.PHONY: all clean
