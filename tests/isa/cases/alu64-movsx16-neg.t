# sign-extending move of 16 bits
-- asm
	r1 = 0x18000 ll
	r0 = -1
	r0 = (s16)r1
	exit
-- result 0xffffffffffff8000
