# a freed one
-- asm
	r1 = freed ll
	call #1007
	exit
-- fault 2 (freed kernel object)
