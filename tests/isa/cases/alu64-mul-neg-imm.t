# product with a negative number
-- asm
	r0 = 0x7 ll
	r0 *= -3
	exit
-- result 0xffffffffffffffeb
