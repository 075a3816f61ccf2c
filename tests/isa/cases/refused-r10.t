# the frame pointer is read only
-- asm
	r10 = 0
	exit
-- refused frame pointer is read only
