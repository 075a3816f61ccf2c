# a live kernel object of the right type
-- asm
	r1 = task ll
	call #1007
	exit
-- result 0x2a
