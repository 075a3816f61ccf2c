# be16 of a little-endian machine; the rest of the register becomes 0
-- asm
	r0 = 0x1122334455667788 ll
	r0 = be16 r0
	exit
-- result 0x8877
