# what is asked wrongly: one line, status 2
try() { edgetpu-sim "$@"; echo "status $?"; }
try
try profil x
try profile
try profile a b
try profile a --formt json
try profile a --format xml
try profile a --set clock
try profile a --arch
try arch coral-usb --format csv
try --version
# what was meant, and what comes where
try --json profile
try profile x --json=1
try profile x --s name
try profile x --sp
try arch x --arch y
try arch --set clock_hz=250M
try predict - -
try profile - --arch -
try predict --stdin --arch -
# nothing to show is no table
try predict none.tflite
# a place that cannot be written is said before the work; nothing is left beside a device
mkdir folder
try sweep mobilenet-v1-0.25-128 --vary clock_hz=250M -o folder
try sweep mobilenet-v1-0.25-128 --vary clock_hz=250M --plot folder
try sweep mobilenet-v1-0.25-128 --vary clock_hz=250M --plot none/x.svg
try sweep mobilenet-v1-0.25-128 --vary clock_hz=250M -o /dev/full
ls folder* /dev/full.part 2>/dev/null | grep part
try models x
try models --set clock_hz=250M
