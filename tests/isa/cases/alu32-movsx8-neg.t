# sign-extending move of 8 bits
-- asm
	r1 = 0x1280 ll
	r0 = -1
	w0 = (s8)w1
	exit
-- result 0xffffff80
