# which is named
-- asm
	r1 = value ll
	call #1007
	exit
-- fault 2 (map value)
