# exclusive or
-- asm
	r0 = 0xffffffffffffffff ll
	r0 ^= 15
	exit
-- result 0xfffffffffffffff0
