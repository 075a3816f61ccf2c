# s32 load sign-extends
-- asm
	r1 = value ll
	r0 = *(s32 *)(r1 + 12)
	exit
-- result 0xfffffffffedcba98
