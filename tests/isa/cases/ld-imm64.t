# both halves of a 64-bit immediate
-- asm
	r0 = 0x8877665544332211 ll
	exit
-- insns 2
-- result 0x8877665544332211
