# a key must be readable
-- asm
	r1 = map ll
	r2 = 0
	call #1010
	exit
-- fault 3 test_value: argument 2 must be 4 readable bytes, a key of the map, got NULL
