# exclusive or
-- asm
	r0 = 0xffffffffffffffff ll
	r1 = 0xf ll
	r0 ^= r1
	exit
-- result 0xfffffffffffffff0
