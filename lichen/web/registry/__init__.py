"""The registry (监测网络台账): organisations, monitoring points, devices, instruments, and every change to them."""
