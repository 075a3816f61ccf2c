# sign-extending move of 16 bits
-- asm
	r1 = 0x7fff ll
	r0 = -1
	w0 = (s16)w1
	exit
-- result 0x7fff
