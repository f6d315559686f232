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
