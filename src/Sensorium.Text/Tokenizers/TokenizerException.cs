namespace Sensorium.Text.Tokenizers;

/// <summary>A tokenizer file, vocabulary or request that cannot be used; names the file and the key at fault.</summary>
public sealed class TokenizerException : Exception
{
    /// <param name="file">The file (or the name under which the data came in).</param>
    /// <param name="key">Path of the key, token or option at fault, such as <c>model.merges[12]</c>.</param>
    /// <param name="problem">What is wrong and what to do about it.</param>
    /// <param name="inner">What led to it.</param>
    public TokenizerException(string file, string key, string problem, Exception? inner = null)
        : base(key.Length == 0 ? $"{file}: {problem}" : $"{file}: {key}: {problem}", inner)
    {
        File = file;
        Key = key;
    }

    /// <summary>The file (or the name under which the data came in).</summary>
    public string File { get; }

    /// <summary>Path of the key, token or option at fault; empty when it is the whole file.</summary>
    public string Key { get; }
}
