using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>Writes files whole or not at all.</summary>
static class AtomicFile
{
    const int Chunk = 1 << 24;

    public static void Write(string path, Action<Stream> write)
    {
        string partial = path + ".partial";
        try
        {
            using (FileStream stream = new(partial, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
                write(stream);
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception e)
        {
            File.Delete(partial);
            if (e is IOException or UnauthorizedAccessException)
                throw new CheckpointException(path, $"cannot be written: {e.Message}", e);
            throw;
        }
    }

    public static void Copy(RawTensor tensor, Stream stream)
    {
        for (long at = 0; at < tensor.ByteLength; at += Chunk)
            stream.Write(tensor.Span(at, (int)Math.Min(Chunk, tensor.ByteLength - at)));
        tensor.Release();
        GC.KeepAlive(tensor);
    }
}
