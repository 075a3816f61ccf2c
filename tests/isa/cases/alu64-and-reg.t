# bitwise and with a sign-extended immediate
-- asm
	r0 = 0x123456789abcdef0 ll
	r1 = 0xffffffffffffff00 ll
	r0 &= r1
	exit
-- result 0x123456789abcde00
