# immediates are sign-extended to 64 bits
-- asm
	r0 = 0x5 ll
	r0 += -7
	exit
-- result 0xfffffffffffffffe
