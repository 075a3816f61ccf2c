# no call to outside of the program
-- asm
	call 9
	exit
-- refused call to invalid destination
