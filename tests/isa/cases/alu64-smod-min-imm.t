# the smallest number modulo -1 is 0
-- asm
	r0 = 0x8000000000000000 ll
	r0 s%= -1
	exit
-- result 0x0
