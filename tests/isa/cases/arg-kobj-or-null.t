# NULL where it is allowed
-- asm
	r1 = 0
	call #1013
	exit
-- result 0x0
