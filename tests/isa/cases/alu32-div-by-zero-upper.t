# a 32-bit divisor is the lower half
-- asm
	r0 = 9
	r1 = 0x100000000 ll
	w0 /= w1
	exit
-- result 0x0
