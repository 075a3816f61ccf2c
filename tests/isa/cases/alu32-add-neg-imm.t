# a negative 32-bit result is not sign-extended
-- asm
	r0 = 0x5 ll
	w0 += -7
	exit
-- result 0xfffffffe
