# immediates are sign-extended to 64 bits
-- asm
	r0 = 0x5 ll
	r1 = 0xfffffffffffffff9 ll
	r0 += r1
	exit
-- result 0xfffffffffffffffe
