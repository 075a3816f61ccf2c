# may_goto is refused by name
-- asm
	raw 0xe5 0 0 0 0
	exit
-- refused may_goto is not supported
