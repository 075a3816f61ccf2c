# a negative 32-bit result is not sign-extended
-- asm
	r0 = 0x5 ll
	r1 = 0xfffffffffffffff9 ll
	w0 += w1
	exit
-- result 0xfffffffe
