# addition wraps
-- asm
	r0 = 0xffffffffffffffff ll
	r1 = 0x1 ll
	r0 += r1
	exit
-- result 0x0
