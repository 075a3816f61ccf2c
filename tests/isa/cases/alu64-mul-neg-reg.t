# product with a negative number
-- asm
	r0 = 0x7 ll
	r1 = 0xfffffffffffffffd ll
	r0 *= r1
	exit
-- result 0xffffffffffffffeb
