# s8 load sign-extends
-- asm
	r1 = value ll
	r0 = *(s8 *)(r1 + 1)
	exit
-- result 0x77
