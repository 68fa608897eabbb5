namespace Sensorium.Media.Images.Png;

/// <summary>The data of consecutive IDAT chunks as one stream, without copying them together.</summary>
sealed class PngDataStream(ReadOnlyMemory<byte> file, List<PngChunk> chunks) : Stream
{
    int index;
    int offset;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        while (index < chunks.Count)
        {
            PngChunk chunk = chunks[index];
            int count = Math.Min(buffer.Length, chunk.Length - offset);
            if (count > 0)
            {
                file.Span.Slice(chunk.Start + offset, count).CopyTo(buffer);
                offset += count;
                return count;
            }

            index++;
            offset = 0;
        }

        return 0;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
