using Sensorium.Models.Systems;

namespace Sensorium.Models.Loading;

/// <summary>A built model that becomes a system which answers: it knows its own tokenizer, template and prompt layout.</summary>
public interface IAnswers
{
    /// <summary>The system that answers.</summary>
    /// <param name="files">The checkpoint's files.</param>
    /// <param name="identity">What all files are, for cache keys.</param>
    LanguageSystem ToSystem(ModelFiles files, string identity);
}

/// <summary>A built model that becomes a system which embeds: it knows its own tokenizer, pooling and processor.</summary>
public interface IEmbeds
{
    /// <summary>The system that embeds.</summary>
    /// <param name="files">The checkpoint's files.</param>
    /// <param name="identity">What all files are, for cache keys.</param>
    EmbeddingSystem ToEmbeddings(ModelFiles files, string identity);
}
