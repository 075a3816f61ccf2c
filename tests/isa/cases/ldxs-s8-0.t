# s8 load sign-extends
-- asm
	r1 = value ll
	r0 = *(s8 *)(r1 + 0)
	exit
-- result 0xffffffffffffff88
