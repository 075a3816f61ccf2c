# callbacks use frames, too
-- asm
	r1 = 1
	r2 = &cb
	r3 = 0
	call #1002
	exit
cb:
	r1 = 1
	r2 = &cb
	r3 = 0
	call #1002
	exit
-- fault 10 too many nested calls: at most 8 functions can be active
