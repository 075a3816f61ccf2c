# 32-bit product keeps the low half
-- asm
	r0 = 0x10001 ll
	w0 *= 65537
	exit
-- result 0x20001
