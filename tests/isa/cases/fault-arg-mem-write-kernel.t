# a kernel object for writable memory
-- asm
	r1 = task ll
	call #1009
	exit
-- fault 2 test_fill: argument 1 must be 8 bytes that the program may write, got 0x
