# memory with its length
-- asm
	r1 = value ll
	r2 = 2
	call #1008
	exit
-- result 0xff
