using System.Buffers.Binary;
using System.Text;

namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>Reads the fields of a protocol buffer message; every length is checked against what is there.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> data, string file, string message)
{
    readonly ReadOnlySpan<byte> data = data;
    int at;
    int wire;

    /// <summary>Number of the field at hand.</summary>
    public int Field { get; private set; }

    readonly TokenizerException Error(string problem) => new(file, Field == 0 ? message : $"{message}, field {Field}", problem);

    /// <summary>Goes to the next field; false at the end. Its value must be read or skipped.</summary>
    public bool Next()
    {
        if (at >= data.Length) return false;
        ulong tag = Varint();
        wire = (int)(tag & 7);
        if (tag >> 3 is 0 or > 1 << 29) throw Error($"not a SentencePiece model: the tag {tag} at byte {at} names no field");
        Field = (int)(tag >> 3);
        return true;
    }

    ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (at >= data.Length) throw Error("the file ends inside a number");
            byte b = data[at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return value;
        }
        throw Error("a number has more than ten bytes");
    }

    public int Int()
    {
        Expect(0);
        return unchecked((int)Varint());
    }

    public bool Bool()
    {
        Expect(0);
        return Varint() != 0;
    }

    public float Float()
    {
        Expect(5);
        if (data.Length - at < 4) throw Error("the file ends inside a number");
        at += 4;
        return BinaryPrimitives.ReadSingleLittleEndian(data[(at - 4)..]);
    }

    public ReadOnlySpan<byte> Bytes()
    {
        Expect(2);
        ulong length = Varint();
        if (length > (ulong)(data.Length - at)) throw Error($"{length} bytes are announced, but {data.Length - at} are left");
        at += (int)length;
        return data.Slice(at - (int)length, (int)length);
    }

    public string Text() => Encoding.UTF8.GetString(Bytes());

    readonly void Expect(int type)
    {
        if (wire != type) throw Error($"has wire type {wire} instead of {type}");
    }

    public void Skip()
    {
        switch (wire)
        {
            case 0: Varint(); break;
            case 1: Advance(8); break;
            case 2: Bytes(); break;
            case 5: Advance(4); break;
            default: throw Error($"has the unknown wire type {wire}");
        }
    }

    void Advance(int n)
    {
        if (data.Length - at < n) throw Error("the file ends inside a number");
        at += n;
    }
}
