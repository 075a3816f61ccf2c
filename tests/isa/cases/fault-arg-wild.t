# an address outside
-- asm
	r1 = wild ll
	call #1007
	exit
-- fault 2 (outside of guest memory)
