# s16 load sign-extends
-- asm
	r1 = value ll
	r0 = *(s16 *)(r1 + 12)
	exit
-- result 0xffffffffffffba98
