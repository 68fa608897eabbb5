namespace Sensorium.Text.Tokenizers;

/// <summary>A token that is found in the text before the model sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="Special">It steers the model (begin of text, turn ends) and is left out of decoded text on request.</param>
/// <param name="Normalized">It is looked for in the normalized text, not in the text as given.</param>
/// <param name="SingleWord">It counts only where no word character stands beside it.</param>
/// <param name="LeftStrip">White space before it belongs to it.</param>
/// <param name="RightStrip">White space after it belongs to it.</param>
public sealed record AddedToken(int Id, string Content, bool Special = false, bool Normalized = false, bool SingleWord = false, bool LeftStrip = false, bool RightStrip = false);
