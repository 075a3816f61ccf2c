# moves of immediates are sign-extended
-- asm
	r0 = 0x0 ll
	r1 = 0xfffffffffffffffe ll
	r0 = r1
	exit
-- result 0xfffffffffffffffe
