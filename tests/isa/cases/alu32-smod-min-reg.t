# the smallest 32-bit number modulo -1 is 0
-- asm
	r0 = 0x80000000 ll
	r1 = 0xffffffffffffffff ll
	w0 s%= w1
	exit
-- result 0x0
