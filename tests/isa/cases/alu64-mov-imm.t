# moves of immediates are sign-extended
-- asm
	r0 = 0x0 ll
	r0 = -2
	exit
-- result 0xfffffffffffffffe
