# sign-extending move of 8 bits
-- asm
	r1 = 0x1280 ll
	r0 = -1
	r0 = (s8)r1
	exit
-- result 0xffffffffffffff80
