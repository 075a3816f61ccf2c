# addition wraps
-- asm
	r0 = 0xffffffffffffffff ll
	r0 += 1
	exit
-- result 0x0
