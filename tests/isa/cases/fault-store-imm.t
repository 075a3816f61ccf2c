# also of an immediate
-- asm
	r1 = wild ll
	*(u8 *)(r1 + 0) = 5
	r0 = 0
	exit
-- fault 2 2: (72) *(u8 *)(r1 +0) = 5: store
