// Package common stands in for a cloud's library, of which Flannel's backend tencent-vpc uses three helpers.
package common

func BoolPtr(value bool) *bool { return &value }

func StringPtr(value string) *string { return &value }

func StringPtrs(values []string) []*string {
	found := make([]*string, len(values))
	for k := range values {
		found[k] = &values[k]
	}
	return found
}
