module example.com/accesstoken

go 1.19
