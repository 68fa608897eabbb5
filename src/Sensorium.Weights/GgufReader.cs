using System.Runtime.CompilerServices;
using System.Text;

namespace Sensorium.Weights;

/// <summary>A place in a GGUF header; every read is checked against the file's end.</summary>
unsafe ref struct GgufReader(string path, byte* start, long length)
{
    readonly byte* start = start;
    readonly long length = length;
    readonly string path = path;

    static readonly UTF8Encoding strict = new(false, true);

    /// <summary>The next byte's place in the file.</summary>
    public long Position { get; private set; }

    /// <summary>The file, for messages.</summary>
    public readonly string Path => path;

    public readonly long Remaining => length - Position;

    /// <summary>What is read at the moment, for messages.</summary>
    public string Item { get; set; } = "header";

    public T Read<T>()
        where T : unmanaged
    {
        Need(sizeof(T));
        T value = Unsafe.ReadUnaligned<T>(start + Position);
        Position += sizeof(T);
        return value;
    }

    /// <summary>A count of things that take at least <paramref name="leastBytes"/> each.</summary>
    public long ReadCount(int leastBytes, string what)
    {
        ulong count = Read<ulong>();
        if (count > (ulong)(Remaining / leastBytes))
            throw new CheckpointException(path, Item, $"claims {count} {what}, more than the file's {length} bytes can hold; it is damaged or cut short");
        return (long)count;
    }

    public string ReadString()
    {
        (long offset, int size) = ReadStringPlace();
        try
        {
            return strict.GetString(start + offset, size);
        }
        catch (DecoderFallbackException e)
        {
            throw new CheckpointException(path, Item, $"has a name at byte {offset} that is not UTF-8; the file is damaged", e);
        }
    }

    /// <summary>Steps over a string; gives the place and length of its bytes.</summary>
    public (long Offset, int Size) ReadStringPlace()
    {
        long size = ReadCount(1, "bytes of text");
        if (size > int.MaxValue)
            throw new CheckpointException(path, Item, $"claims a text of {size} bytes; the most is {int.MaxValue}");
        long offset = Position;
        Position += size;
        return (offset, (int)size);
    }

    public void Skip(long bytes)
    {
        Need(bytes);
        Position += bytes;
    }

    readonly void Need(long bytes)
    {
        if (bytes > Remaining)
            throw new CheckpointException(path, Item, $"ends at byte {length} in the middle of a value; the file is cut short; download it again");
    }
}
