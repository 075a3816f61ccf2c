# bitwise or with a sign-extended immediate
-- asm
	r0 = 0xf0f0 ll
	r0 |= -16
	exit
-- result 0xfffffffffffffff0
